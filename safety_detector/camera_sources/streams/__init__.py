"""What runs in the process of a stream: everything that touches what a camera sends."""
