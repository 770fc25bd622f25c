"""What every process shares: the words as types, the log, the settings. Imports nothing of ours."""
