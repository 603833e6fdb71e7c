# SPDX-License-Identifier: GPL-2.0
# Completion of smadv for fish. smadv itself knows what could come next.

function __smadv_candidates
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l word (commandline --current-token --cut-at-cursor)
    for candidate in ($words[1] --complete $words[2..-1] "$word" 2>/dev/null)
        if string match --quiet ':files*' -- $candidate
            __fish_complete_path "$word"
        else
            echo $candidate
        end
    end
end

complete --command smadv --no-files --arguments '(__smadv_candidates)'
