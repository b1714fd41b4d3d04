"""Where a camera's pictures come from: streams, snapshots, files, folders."""
