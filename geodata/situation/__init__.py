"""The live picture in memory: one per process, fed by the change log; answers every "now" question."""
