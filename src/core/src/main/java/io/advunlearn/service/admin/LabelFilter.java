package io.advunlearn.service.admin;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Chooses encoders by their labels. */
public final class LabelFilter {

    private final Map<String, Optional<String>> wanted = new LinkedHashMap<>();

    private LabelFilter() {
    }

    /**
     * @param labels {@code key=value}, or {@code key} for any value
     * @throws IllegalArgumentException naming what is neither
     */
    public static LabelFilter of(List<String> labels) {
        LabelFilter filter = new LabelFilter();
        for (String label : labels) {
            int end = label.indexOf('=');
            if (label.isBlank() || end == 0) {
                throw new IllegalArgumentException("label must be key=value or key, not '" + label + "'");
            }
            filter.wanted.put(end < 0 ? label : label.substring(0, end), end < 0 ? Optional.empty() : Optional.of(label.substring(end + 1)));
        }
        return filter;
    }

    /** Whether all that is wanted is there. */
    public boolean accepts(Map<String, String> labels) {
        return wanted.entrySet().stream().allMatch(each -> labels.containsKey(each.getKey())
                && each.getValue().map(value -> value.equals(labels.get(each.getKey()))).orElse(true));
    }
}
