// SPDX-License-Identifier: GPL-2.0
#include "daemon/stats.h"

#include <linux/smart_madvise.h>

#include <array>

namespace smadv {
namespace {

constexpr auto kStatsKeys = std::to_array<StatsKey>({
    {SMART_MADVISE_A_STATS_FAULTS, "faults", &Stats::faults,
     "File faults recorded of tracked processes."},
    {SMART_MADVISE_A_STATS_FAULTS_LOST, "faults-lost", &Stats::faults_lost,
     "Of these, overwritten before the analyzer saw them."},
    {SMART_MADVISE_A_STATS_FAULTS_UNTRACKED, "faults-untracked", &Stats::faults_untracked,
     "File faults of processes that could not be adopted at that moment."},
    {SMART_MADVISE_A_STATS_MAJORS, "majors", &Stats::majors,
     "Major faults among the analyzed ones."},
    {SMART_MADVISE_A_STATS_PROCESSES, "processes", &Stats::processes, "Processes tracked now."},
    {SMART_MADVISE_A_STATS_PROCESSES_ADOPTED, "processes-adopted", &Stats::processes_adopted,
     "Processes that came under watch."},
    {SMART_MADVISE_A_STATS_PROCESSES_GONE, "processes-gone", &Stats::processes_gone,
     "Processes that left again."},
    {SMART_MADVISE_A_STATS_PROCESSES_REFUSED, "processes-refused", &Stats::processes_refused,
     "Adoptions refused at max-processes or max-memory-kb."},
    {SMART_MADVISE_A_STATS_RANGES, "ranges", &Stats::ranges, "Ranges now."},
    {SMART_MADVISE_A_STATS_RANGE_SPLITS, "range-splits", &Stats::range_splits,
     "Ranges split along a pattern border."},
    {SMART_MADVISE_A_STATS_RANGE_MERGES, "range-merges", &Stats::range_merges,
     "Neighbouring ranges merged again."},
    {SMART_MADVISE_A_STATS_RANGE_LIMIT_HITS, "range-limit-hits", &Stats::range_limit_hits,
     "Times that max-ranges kept a range from being made."},
    {SMART_MADVISE_A_STATS_MEMORY_BYTES, "memory-bytes", &Stats::memory_bytes,
     "Memory taken by records, ranges, journals and tasks now."},
    {SMART_MADVISE_A_STATS_MEMORY_LIMIT_HITS, "memory-limit-hits", &Stats::memory_limit_hits,
     "Times that max-memory-kb kept something from being made."},
    {SMART_MADVISE_A_STATS_VERDICTS, "verdicts", &Stats::verdicts, "Changes of verdict."},
    {SMART_MADVISE_A_STATS_TASKS_FILED, "tasks-filed", &Stats::tasks_filed,
     "Tasks filed. Equal to queued + applied + refused + cancelled."},
    {SMART_MADVISE_A_STATS_TASKS_QUEUED, "tasks-queued", &Stats::tasks_queued,
     "Tasks waiting now."},
    {SMART_MADVISE_A_STATS_TASKS_APPLIED, "tasks-applied", &Stats::tasks_applied,
     "Tasks carried out."},
    {SMART_MADVISE_A_STATS_TASKS_REFUSED, "tasks-refused", &Stats::tasks_refused, "Tasks refused."},
    {SMART_MADVISE_A_STATS_TASKS_CANCELLED, "tasks-cancelled", &Stats::tasks_cancelled,
     "Tasks cancelled, superseded ones included."},
    {SMART_MADVISE_A_STATS_HINTS_CHANGED, "hints-changed", &Stats::hints_changed,
     "Journal entries made. Equal to active + restored + yielded + gone."},
    {SMART_MADVISE_A_STATS_HINTS_ACTIVE, "hints-active", &Stats::hints_active,
     "Journal entries standing now."},
    {SMART_MADVISE_A_STATS_HINTS_RESTORED, "hints-restored", &Stats::hints_restored,
     "Journal entries restored by the module."},
    {SMART_MADVISE_A_STATS_HINTS_YIELDED, "hints-yielded", &Stats::hints_yielded,
     "Journal entries given up to the application, which advised or replaced the range itself."},
    {SMART_MADVISE_A_STATS_HINTS_GONE, "hints-gone", &Stats::hints_gone,
     "Journal entries that ended with their process."},
    {SMART_MADVISE_A_STATS_RATE_LIMIT_HITS, "rate-limit-hits", &Stats::rate_limit_hits,
     "Times that a task had to wait for hints-per-second."},
    {SMART_MADVISE_A_STATS_SPLIT_LIMIT_HITS, "split-limit-hits", &Stats::split_limit_hits,
     "Hints refused or widened at max-splits."},
    {SMART_MADVISE_A_STATS_FORKS_FOLLOWED, "forks-followed", &Stats::forks_followed,
     "Children of hinted processes adopted with their parent's journal."},
    {SMART_MADVISE_A_STATS_FORKS_LOST, "forks-lost", &Stats::forks_lost,
     "Children of hinted processes that could not be followed."},
    {SMART_MADVISE_A_STATS_EVENTS_LOST, "events-lost", &Stats::events_lost,
     "Events that could not be sent."},
    {SMART_MADVISE_A_STATS_ANALYZER_ROUNDS, "analyzer-rounds", &Stats::analyzer_rounds,
     "Rounds of the analyzer."},
    {SMART_MADVISE_A_STATS_ANALYZER_NS, "analyzer-ns", &Stats::analyzer_ns,
     "CPU time of the analyzer in ns."},
    {SMART_MADVISE_A_STATS_CALLS_LOST, "calls-lost", &Stats::calls_lost,
     "Calls of madvise() and mremap() that were too many to be noted one by one."},
    {SMART_MADVISE_A_STATS_FAULTS_SKIPPED, "faults-skipped", &Stats::faults_skipped,
     "Faults of processes about which nothing was new, not looked at for lack of analyzer-cpu-bp."},
    {SMART_MADVISE_A_STATS_PAGES_READ, "pages-read", &Stats::pages_read,
     "Pages of watched files that came into the page cache, by faults or otherwise."},
    {SMART_MADVISE_A_STATS_PAGES_TOUCHED, "pages-touched", &Stats::pages_touched,
     "Pages that the faults recorded touched, at least. Of a stream those passed since the fault "
     "before (16 at most; since Linux 6.18, where a fault maps a whole folio, far fewer than it "
     "touches), else one page each fault."},
    {SMART_MADVISE_A_STATS_PAGES_EVICTED, "pages-evicted", &Stats::pages_evicted,
     "Pages of watched files that were reclaimed, for lack of memory."},
    {SMART_MADVISE_A_STATS_SAVED_BYTES, "saved-bytes", &Stats::saved_bytes,
     "Bytes that RANDOM hints of the module spared reading around misses, an estimate, while "
     "governor benefit measured."},
});

}  // namespace

std::span<const StatsKey> stats_keys() {
  return kStatsKeys;
}

}  // namespace smadv
