// SPDX-License-Identifier: GPL-2.0
/// @file
/// The world around the service, played by a script.
#pragma once

#include <chrono>
#include <csignal>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include "daemon/policy.h"
#include "daemon/service/service.h"
#include "fake_kernel.h"

namespace smadv::test {

/// Plays the world around the service: each wait takes the next step of a script, which may change
/// the world and tells which files are then readable. At the script's end comes SIGTERM.
class ServiceTest : public testing::Test {
 protected:
  static constexpr int kSignals = 1001;
  static constexpr int kWatch = 1002;
  static constexpr int kWeb = 1003;

  using Step = std::function<std::vector<int>()>;

  struct World final : Poller, SignalSource, ModuleWatch, Notifier {
    [[nodiscard]] Clock::time_point now() const override { return time; }

    [[nodiscard]] Result<std::vector<int>> wait(
        std::span<const int> fds, std::optional<Clock::time_point> deadline) override {
      polled.assign(fds.begin(), fds.end());
      last_deadline = deadline;
      if (wait_error) {
        return *wait_error;
      }
      if (steps.empty()) {
        signals.push_back(SIGTERM);
        return std::vector<int>{kSignals};
      }
      const Step step = std::move(steps.front());
      steps.pop_front();
      return step();
    }

    [[nodiscard]] int fd() const override { return kSignals; }
    [[nodiscard]] std::optional<int> next() override {
      if (signals.empty()) {
        return std::nullopt;
      }
      const int signal = signals.front();
      signals.pop_front();
      return signal;
    }

    [[nodiscard]] Result<ModuleNews> read() override {
      if (watch_error) {
        return *watch_error;
      }
      return std::exchange(news, ModuleNews{});
    }

    void ready() override { notified.emplace_back("READY"); }
    void reloading() override { notified.emplace_back("RELOADING"); }
    void stopping() override { notified.emplace_back("STOPPING"); }
    void status(const std::string& text) override { notified.push_back(text); }
    [[nodiscard]] std::optional<std::chrono::microseconds> watch_interval() override {
      return watched_every;
    }
    void alive() override { ++alive_told; }

    Clock::time_point time;
    std::deque<Step> steps;
    std::vector<int> polled;
    std::optional<Clock::time_point> last_deadline;
    std::deque<int> signals;
    ModuleNews news;
    std::optional<Error> wait_error;
    std::optional<Error> watch_error;
    std::vector<std::string> notified;
    std::optional<std::chrono::microseconds> watched_every;
    int alive_told = 0;
  };

  /// ModuleWatch and SignalSource both have fd(), so the watch gets its own face.
  struct Watch final : ModuleWatch {
    explicit Watch(World& world) : world_(world) {}
    [[nodiscard]] int fd() const override { return kWatch; }
    [[nodiscard]] Result<ModuleNews> read() override { return world_.read(); }
    World& world_;
  };

  /// Who asks for metrics. What is asked at each call of serve() is kept.
  struct Web {
    std::optional<std::chrono::milliseconds> timeout;
    std::vector<std::string> listening;
    std::vector<std::string> pages;
  };

  struct MetricsServer final : metrics::Server {
    MetricsServer(Web& web, std::string where, Page page) : web_(web), page_(std::move(page)) {
      web_.listening.push_back(std::move(where));
    }
    ~MetricsServer() override { web_.listening.pop_back(); }
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;

    [[nodiscard]] int fd() const override { return kWeb; }
    [[nodiscard]] std::optional<std::chrono::milliseconds> timeout() const override {
      return web_.timeout;
    }
    void serve() override { web_.pages.push_back(page_(metrics::Format::Text)); }

    Web& web_;
    Page page_;
  };

  ServiceTest() {
    log_.set_level(spdlog::level::info);
    log_.set_pattern("%l: %v");
    configuration_.policy = default_policy();
    configuration_.files = {"/etc/policy.toml"};
    configuration_.memory.file.clear();
  }

  ExitCode run() {
    Ports ports{.connect =
                    [this] {
                      ++connects_;
                      return kernel_.connect();
                    },
                .load = [this]() -> Result<Configuration> {
                  if (!load_error_.empty()) {
                    return Error{ExitCode::Failed, 0, load_error_};
                  }
                  return configuration_;
                },
                .serve_metrics = [this](const std::string& where, metrics::Server::Page page)
                    -> Result<std::unique_ptr<metrics::Server>> {
                  if (serve_error_) {
                    return *serve_error_;
                  }
                  return std::unique_ptr<metrics::Server>(
                      std::make_unique<MetricsServer>(web_, where, std::move(page)));
                },
                .now_s = [] { return std::int64_t{1'000'000}; },
                .watch = watch_,
                .signals = world_,
                .poller = world_,
                .notifier = world_,
                .flush_log = [this] { return log_has_room_; }};
    return Service(std::move(ports), log_).run();
  }

  void step(Step step) { world_.steps.push_back(std::move(step)); }

  // SIGHUP after @p change.
  void reload_after(const std::function<void()>& change) {
    step([this, change] {
      change();
      world_.signals.push_back(SIGHUP);
      return std::vector<int>{kSignals};
    });
  }

  void module_news(ModuleNews news, const std::function<void()>& change) {
    step([this, news, change] {
      change();
      world_.news = news;
      return std::vector<int>{kWatch};
    });
  }

  void events(const EventBatch& batch) {
    step([this, batch] {
      kernel_.send(batch);
      return std::vector<int>{kernel_.event_fd.get()};
    });
  }

  void look(const std::function<void()>& check) {
    step([check] {
      check();
      return std::vector<int>();
    });
  }

  std::string log() const { return stream_.str(); }

  FakeKernel kernel_;
  World world_;
  Watch watch_{world_};
  Configuration configuration_;
  std::string load_error_;
  Web web_;
  std::optional<Error> serve_error_;
  int connects_ = 0;
  bool log_has_room_ = true;
  std::ostringstream stream_;
  spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(stream_)};
};

}  // namespace smadv::test
