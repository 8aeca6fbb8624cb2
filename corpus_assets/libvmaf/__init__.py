"""How one clip is scored: command lines, processes, reports, and what makes a report acceptable."""
