//! Loads plugins, plans the graph that a pipeline file describes, and runs it.
