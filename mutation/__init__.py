"""Is the suite itself to be trusted? Every behaviour is broken on purpose, and must be missed.

A proxy stands between pausedemo and a real engine and lies as some engine once did, or might: it
drops a mode, tells another exit code, kills a sibling. Each lie is a *mutation*. A suite that
passes under one that breaks something has a hole; a scenario that no mutation makes fail proves
nothing. For developers only: nothing of this travels in the wheel.
"""
