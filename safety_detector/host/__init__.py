"""What the program asks of the machine it runs on: disks, locks, files, the zone, watchdogs."""
