package io.advunlearn.erasure;

import java.util.Map;

/** Resolved settings of one erasure (being designed). */
public record ErasureSettings(Map<String, Object> values) {
}
