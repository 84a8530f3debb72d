"""What can be watched from outside: one line for each request, counters for Prometheus, the trace a request belongs to."""
