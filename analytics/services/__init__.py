"""What analytics decides and writes: one module per verb."""
