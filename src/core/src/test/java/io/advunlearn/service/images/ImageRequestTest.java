package io.advunlearn.service.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.serving.Limits;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI's fields that say how the answer is wanted. */
class ImageRequestTest {

    private static ImageRequest parse(String fields) {
        return ImageRequest.parse(("{\"prompt\": \"a dog\"" + fields + "}").getBytes(StandardCharsets.UTF_8), Limits.DEFAULT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"quality\": \"auto\"", "\"quality\": \"standard\"", "\"quality\": null", "\"style\": \"auto\"", "\"background\": \"opaque\"",
        "\"moderation\": \"auto\"", "\"output_format\": \"jpeg\"", "\"output_compression\": 100", "\"output_format\": \"png\", \"output_compression\": 100",
        "\"user\": \"u\", \"safety_identifier\": \"s\"", "\"stream\": false, \"partial_images\": 0", "\"stream\": true, \"partial_images\": 3"})
    void acceptsWhatMeansNothingSpecial(String fields) {
        assertThat(parse(", " + fields).images().prompt()).isEqualTo("a dog");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "\"quality\": \"hd\"                                           | quality            | auto or standard",
        "\"style\": \"vivid\"                                          | style              | the prompt says",
        "\"background\": \"transparent\"                               | background         | no transparency",
        "\"moderation\": \"low\"                                       | moderation         | auto",
        "\"output_format\": \"webp\"                                   | output_format      | png, jpeg",
        "\"output_compression\": 101                                   | output_compression | 0 to 100",
        "\"output_format\": \"png\", \"output_compression\": 50        | output_compression | 100 with output_format png",
        "\"partial_images\": 4, \"stream\": true                       | partial_images     | 0 to 3",
        "\"partial_images\": 1                                         | partial_images     | without stream",
        "\"stream\": \"yes\"                                           | stream             | true or false"})
    void refusesTheRestWithOneSentence(String fields, String field, String reason) {
        assertThatThrownBy(() -> parse(", " + fields)).isInstanceOfSatisfying(FieldException.class, e -> {
            assertThat(e.field()).isEqualTo(field);
            assertThat(e.getMessage()).startsWith(field).contains(reason).doesNotContain("\n");
        });
    }

    @Test
    void jpegIsOfTheBestQualityUnlessTheClientSaysOtherwise() {
        assertThat(parse(", \"output_format\": \"jpeg\"").output().compression()).isEqualTo(100);
        assertThat(parse(", \"output_format\": \"jpeg\", \"output_compression\": 0").output().compression()).isZero();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {"-,-,-", "*/*,jpeg,-", "application/json,-,-", "image/png,-,png", "image/jpeg,-,jpeg", "image/*,-,png",
        "image/*,jpeg,jpeg",
        "'image/jpeg, image/png',png,png", "'image/png, application/json;q=0.5',jpeg,-", "image/webp,-,-", "'image/webp, image/jpeg;q=0.5',-,jpeg"})
    void acceptSaysInWhichFormatBytesAreWanted(String accept, String said, String format) {
        assertThat(RawImageAnswer.format(accept, said)).isEqualTo(format);
    }

    @Test
    void acceptMayNotContradictTheBody() {
        assertThatThrownBy(() -> RawImageAnswer.format("image/png", "jpeg")).isInstanceOf(FieldException.class)
                .hasMessage("output_format must be left out or be png with Accept: image/png");
    }
}
