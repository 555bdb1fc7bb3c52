//! Layers, limits, spans and secrets of the configuration.
