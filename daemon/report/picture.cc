// SPDX-License-Identifier: GPL-2.0
#include "daemon/report/picture.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <spawn.h>
#include <vector>

#include <fmt/format.h>

#include "daemon/unique_fd.h"

namespace smadv::report {
namespace {

constexpr int kWidth = 900;
constexpr int kChartHeight = 320;
// Bars of as many files.
constexpr std::size_t kBars = 12;

// A string of gnuplot, where nothing is special but the quote, which is doubled.
std::string quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2) {
    text.insert(at, 1, '\'');
  }
  std::ranges::replace(text, '\n', ' ');
  return "'" + text + "'";
}

std::string heat_plot(const Chart& chart) {
  double most = 1;
  std::string data = "$data << END\n";
  const auto rows = static_cast<double>(chart.cells.size());
  const auto columns = static_cast<double>(chart.cells.front().size());
  const double width = std::max(chart.x_end, 1e-3) / columns;
  const double height = std::max(chart.y_end, 1e-6) / rows;
  for (std::size_t row = 0; row < chart.cells.size(); ++row) {
    for (std::size_t column = 0; column < chart.cells[row].size(); ++column) {
      const double value = chart.cells[row][column];
      if (value > 0) {
        most = std::max(most, value);
        data += fmt::format("{} {} {}\n", (static_cast<double>(column) + 0.5) * width,
                            (static_cast<double>(row) + 0.5) * height, value);
      }
    }
  }
  // Without a point there would be nothing to plot, and a complaint.
  data += fmt::format("{} {} NaN\nEND\n", width / 2, height / 2);
  return data + fmt::format(
                    "set xrange [0:{}]\nset yrange [0:{}]\nset logscale cb\nset cbrange [1:{}]\n"
                    "set cblabel 'faults'\nset colorbox\n"
                    "plot $data using 1:2:({}):({}):3 with boxxyerror fillstyle solid noborder "
                    "linecolor palette notitle\n",
                    columns * width, rows * height, std::max(most, 2.0), width / 2, height / 2);
}

std::string line_plot(const Chart& chart) {
  std::string data;
  std::string plots;
  bool second = false;
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const Series& series = chart.series[i];
    data += fmt::format("$line{} << END\n", i);
    for (const auto& [x, y] : series.points) {
      data += fmt::format("{} {}\n", x, y);
    }
    data += "END\n";
    second = second || series.second_axis;
    plots +=
        fmt::format("{}$line{} using 1:2 axes x1y{} with lines linewidth 2 title {}",
                    i == 0 ? "plot " : ", ", i, series.second_axis ? 2 : 1, quoted(series.name));
  }
  return data + "set autoscale\nset xrange [0:*]\nset yrange [0:*]\n" +
         (second ? "set y2range [0:*]\nset y2tics\nset ytics nomirror\n" : "") + plots + "\n";
}

std::string bar_plot(const Chart& chart) {
  std::string data = "$bars << END\n";
  const std::size_t bars = std::min(chart.bars.size(), kBars);
  for (std::size_t i = 0; i < bars; ++i) {
    const std::string& name = chart.bars[i].name;
    std::string shown = name.substr(name.size() - std::min<std::size_t>(name.size(), 40));
    std::ranges::replace(shown, '"', '?');
    data += fmt::format("\"{}\"", shown);
    for (const double part : chart.bars[i].parts) {
      data += fmt::format(" {}", part);
    }
    data += "\n";
  }
  data += "END\n";
  std::string plots;
  for (std::size_t part = 0; part < chart.part_names.size(); ++part) {
    plots += fmt::format("{}$bars using {}:xtic(1) title {}", part == 0 ? "plot " : ", ", part + 2,
                         quoted(chart.part_names[part]));
  }
  return data +
         "set autoscale\nset yrange [0:*]\nset style data histograms\n"
         "set style histogram rowstacked\nset style fill solid\nset boxwidth 0.5\n"
         "set xtics noenhanced\n" +
         plots + "\n";
}

bool is_empty(const Chart& chart) {
  const auto has_points = [](const Series& series) { return !series.points.empty(); };
  return chart.cells.empty() && std::ranges::none_of(chart.series, has_points) &&
         chart.bars.empty();
}

std::string plot_of(const Chart& chart) {
  if (!chart.cells.empty()) {
    return heat_plot(chart);
  }
  return chart.series.empty() ? bar_plot(chart) : line_plot(chart);
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string html_table(const Table& table) {
  std::string text = "<table><tr>";
  for (const Column& column : table.columns) {
    text += fmt::format("<th{}>{}</th>", column.unit == Unit::Text ? "" : " class=\"n\"",
                        escaped(column.title));
  }
  text += "</tr>\n";
  for (const auto& row : table.rows) {
    text += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Unit unit = table.columns[i].unit;
      text += fmt::format("<td{}>{}</td>", unit == Unit::Text ? "" : " class=\"n\"",
                          escaped(text_of(row[i], unit)));
    }
    text += "</tr>\n";
  }
  return text + "</table>\n";
}

Error cannot_write(const std::filesystem::path& path) {
  const int code = errno;
  return {ExitCode::Failed, code,
          fmt::format("cannot write {}: {}", path.string(), std::strerror(code))};
}

Result<void> write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file ? Result<void>() : cannot_write(path);
}

// A file of our own that nobody else finds, read once it is written.
UniqueFd scratch() {
  return UniqueFd(memfd_create("smadv", MFD_CLOEXEC));
}

std::string content_of(int fd) {
  std::string text;
  std::array<char, 65536> buffer{};
  ssize_t length = 0;
  lseek(fd, 0, SEEK_SET);
  while ((length = read(fd, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(length));
  }
  return text;
}

Result<std::string> gnuplot(const std::string& script) {
  const UniqueFd in = scratch();
  const UniqueFd out = scratch();
  const UniqueFd complaints = scratch();
  if (write(in.get(), script.data(), script.size()) != static_cast<ssize_t>(script.size())) {
    return cannot_write("what gnuplot is to draw");  // GCOVR_EXCL_LINE: memory is full
  }
  lseek(in.get(), 0, SEEK_SET);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, complaints.get(), STDERR_FILENO);
  std::string name = "gnuplot";
  std::array<char*, 2> words{name.data(), nullptr};
  pid_t pid = 0;
  const int code = posix_spawnp(&pid, name.c_str(), &files, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (code != 0) {
    return Error{
        ExitCode::Failed, code,
        "pictures are drawn by gnuplot, which cannot be run (apt-get install gnuplot-nox)"};
  }
  int how = 0;
  waitpid(pid, &how, 0);
  if (how != 0) {
    return Error{ExitCode::Failed, 0,
                 fmt::format("gnuplot failed: {}", content_of(complaints.get()).substr(0, 300))};
  }
  return content_of(out.get());
}

}  // namespace

std::string gnuplot_script(const Report& report, const std::string& terminal) {
  std::vector<const Chart*> charts;
  for (const Chart& chart : report.charts) {
    if (!is_empty(chart)) {
      charts.push_back(&chart);
    }
  }
  const std::size_t rows = std::max<std::size_t>(charts.size(), 1);
  std::string script = fmt::format(
      "set terminal {} size {},{} font 'sans,11' background rgb 'white'\n"
      "set multiplot layout {},1\n"
      "set palette defined (0 '#d1e5f0', 0.4 '#67a9cf', 0.7 '#2166ac', 1 '#b2182b')\n"
      "set key noenhanced outside below\n",
      terminal, kWidth, kChartHeight * static_cast<int>(rows), rows);
  for (const Chart* chart : charts) {
    script += fmt::format(
        "set title {} noenhanced\nset xlabel {} noenhanced\nset ylabel {} noenhanced\n"
        "set y2label {} noenhanced\n{}unset y2tics\nunset colorbox\nunset logscale\n",
        quoted(chart->title), quoted(chart->x_title), quoted(chart->y_title),
        quoted(chart->y2_title), plot_of(*chart));
  }
  if (charts.empty()) {
    script += "set title 'nothing to show'\nset xrange [0:1]\nset yrange [0:1]\nplot NaN notitle\n";
  }
  return script + "unset multiplot\n";
}

std::string html_page(const Report& report, const std::string& svg) {
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title><style>\n"
      "body{{font-family:sans-serif;margin:2em auto;max-width:60em;padding:0 1em}}\n"
      "svg{{max-width:100%;height:auto}}\n"
      "table{{border-collapse:collapse;margin:1em 0;font-size:90%}}\n"
      "td,th{{padding:.2em .6em;border-bottom:1px solid #ddd;text-align:left}}\n"
      ".n{{text-align:right;font-variant-numeric:tabular-nums}}\n"
      "</style></head><body>\n<h1>{0}</h1>\n",
      escaped(report.title));
  for (const std::string& fact : report.facts) {
    page += fmt::format("<p>{}</p>\n", escaped(fact));
  }
  page += svg.substr(std::min(svg.find("<svg"), svg.size()));  // without what stands before it
  for (const Table& table : report.tables) {
    page += html_table(table);
  }
  return page + "</body></html>\n";
}

Result<void> draw(const Report& report, const std::filesystem::path& path) {
  const std::string kind = path.extension().string();
  if (kind != ".svg" && kind != ".png" && kind != ".html") {
    return Error{
        ExitCode::Usage, 0,
        fmt::format("{}: a name that ends with .svg, .png or .html is wanted", path.string())};
  }
  const auto picture = gnuplot(gnuplot_script(report, kind == ".png" ? "pngcairo" : "svg"));
  if (!picture) {
    return picture.error();
  }
  return write_file(path, kind == ".html" ? html_page(report, *picture) : *picture);
}

}  // namespace smadv::report
