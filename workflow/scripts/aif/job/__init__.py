"""What the scripts of all jobs share: log, files, costs, threads, progress."""
