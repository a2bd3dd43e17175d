package io.advunlearn.service.images;

import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.RequestedImages;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The body of {@code POST /v1/images/generations}, checked.
 *
 * @param model a pipeline's name, {@code null} if not said
 * @param images what to draw
 * @param output how the answer is wanted
 */
record ImageRequest(String model, RequestedImages images, OutputFields output) {

    private static final Set<String> FIELDS = Stream.of(OutputFields.NAMES, ImageFields.NAMES, Set.of("model", "user", "safety_identifier"))
            .flatMap(Set::stream).collect(Collectors.toUnmodifiableSet());

    /** @throws FieldException naming the field and what is accepted */
    static ImageRequest parse(byte[] body, Limits limits) {
        JsonFields fields = JsonFields.parse(body, FIELDS);
        OutputFields output = OutputFields.parse(fields);
        fields.text("user", ImageFields.NAME_CHARACTERS);
        fields.text("safety_identifier", ImageFields.NAME_CHARACTERS);
        return new ImageRequest(fields.text("model", ImageFields.NAME_CHARACTERS), ImageFields.parse(fields, limits), output);
    }
}
