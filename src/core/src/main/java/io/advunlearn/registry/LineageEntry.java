package io.advunlearn.registry;

/**
 * One erasure in an encoder's lineage.
 *
 * @param concept what was erased, 1 to 200 characters
 * @param kind {@code object}, {@code style} or {@code topic}; {@code null} if unknown, as of imported encoders
 * @param method the erasure method's name, or {@code imported}
 * @param settings SHA-256 of the resolved settings, hex; {@code null} if unknown
 * @param seed of every random draw; {@code null} if unknown
 */
public record LineageEntry(String concept, String kind, String method, String settings, Long seed) {
}
