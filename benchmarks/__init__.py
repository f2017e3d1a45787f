"""Speed against peers, and published results reproduced."""
