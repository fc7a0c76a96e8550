//! Signal processing for delay measurement: correlation, confidence, filters, window plan.
