package io.advunlearn.service.json;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The request header {@code Accept} (RFC 9110, section 12.5.1). */
public final class AcceptHeader {

    private AcceptHeader() {
    }

    /**
     * The accepted media ranges without parameters, in lower case, the most wanted first: by quality, then the more specific,
     * then in the client's order. Those of quality 0 are left out.
     *
     * @param value the header's value, {@code null} or empty for everything
     */
    public static List<String> ranges(String value) {
        if (value == null || value.isBlank()) {
            return List.of("*/*");
        }
        return Stream.of(value.split(",")).map(Range::parse).filter(range -> range.quality() > 0)
                .sorted(Comparator.comparingDouble(Range::quality).reversed().thenComparingInt(Range::wildcards)).map(Range::type).toList();
    }

    private record Range(String type, double quality) {

        static Range parse(String text) {
            String[] parts = text.split(";");
            double quality = 1;
            for (int i = 1; i < parts.length; i++) {
                String parameter = parts[i].strip().toLowerCase(Locale.ROOT);
                if (parameter.startsWith("q=")) {
                    quality = number(parameter.substring(2));
                }
            }
            return new Range(parts[0].strip().toLowerCase(Locale.ROOT), quality);
        }

        private static double number(String text) {
            try {
                return Double.parseDouble(text);
            } catch (NumberFormatException e) {
                return 0;
            }
        }

        int wildcards() {
            return type.startsWith("*/") ? 2 : type.endsWith("/*") ? 1 : 0;
        }
    }
}
