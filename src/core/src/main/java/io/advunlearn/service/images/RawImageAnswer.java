package io.advunlearn.service.images;

import io.advunlearn.service.json.AcceptHeader;
import io.advunlearn.service.json.FieldException;

/** The image itself instead of JSON, for clients that send {@code Accept: image/png} or {@code image/jpeg}. */
final class RawImageAnswer {

    static final String SEED_HEADER = "X-Seed";
    static final String FILTER_HEADER = "X-Content-Filter";

    private RawImageAnswer() {
    }

    /**
     * The format in which the client wants the bytes of one image; {@code null} if it prefers JSON.
     *
     * @param accept the request's {@code Accept}, may be null
     * @param said the body's {@code output_format}, may be null
     * @throws FieldException if the two contradict each other
     */
    static String format(String accept, String said) {
        String other = null;
        for (String range : AcceptHeader.ranges(accept)) {
            if (range.equals("*/*") || range.equals("application/*") || range.equals("application/json")) {
                return null;
            }
            if (range.equals("image/*")) {
                return said == null ? ImageFormat.PNG : said;
            }
            String name = range.startsWith("image/") ? range.substring("image/".length()) : "";
            if (ImageFormat.NAMES.contains(name)) {
                if (said == null || said.equals(name)) {
                    return name;
                }
                other = name;
            }
        }
        if (other != null) {
            throw new FieldException("output_format", "invalid_value", "output_format must be left out or be " + other + " with Accept: image/" + other);
        }
        return null;
    }
}
