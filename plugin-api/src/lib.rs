//! Everything that the author of a vsg-host plugin needs, and nothing else.
