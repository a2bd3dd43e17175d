package io.advunlearn.service.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonFieldsTest {

    private static JsonFields parse(String json) {
        return JsonFields.parse(json.getBytes(StandardCharsets.UTF_8), Set.of("a", "b"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "[]", "null", "3", "{", "{\"a\":1}{}", "{\"a\":1,\"a\":2}", "{'a':1}", "{\"a\":NaN}", "{\"a\":01}"})
    void refusesWhatIsNoSingleJsonObject(String json) {
        assertThatThrownBy(() -> parse(json)).isInstanceOfSatisfying(FieldException.class, e -> assertThat(e.code()).isEqualTo("invalid_json"));
    }

    /** Jackson's own words name its classes. */
    @Test
    void whatIsTooDeepOrTooLongIsRefusedInOurWords() {
        for (String value : List.of("[".repeat(2000) + "]".repeat(2000), "1".repeat(2000))) {
            assertThatThrownBy(() -> parse("{\"a\":" + value + "}")).isInstanceOfSatisfying(FieldException.class, e -> {
                assertThat(e.code()).isEqualTo("invalid_json");
                assertThat(e.getMessage()).contains("nested too deeply").doesNotContain("StreamReadConstraints");
            });
        }
    }

    @Test
    void namesAnUnknownFieldAndTheKnownOnes() {
        assertThatThrownBy(() -> parse("{\"c\":1}")).isInstanceOfSatisfying(FieldException.class, e -> {
            assertThat(e.field()).isEqualTo("c");
            assertThat(e.getMessage()).contains("a, b");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"3\"", "3.0", "1e1", "true", "[3]", "0", "11", "99999999999999999999"})
    void takesOnlyIntegersInRange(String value) {
        assertThatThrownBy(() -> parse("{\"a\":" + value + "}").integer("a", 1, 10)).isInstanceOf(FieldException.class)
                .hasMessage("a must be an integer from 1 to 10");
    }

    @Test
    void readsEachType() {
        JsonFields fields = parse("{\"a\":7,\"b\":\"x\"}");
        assertThat(fields.integer("a", 1, 10)).isEqualTo(7);
        assertThat(fields.number("a", 0, 10)).isEqualTo(7.0);
        assertThat(fields.text("b", 1)).isEqualTo("x");
        assertThat(parse("{\"a\":null}").integer("a", 1, 10)).isNull();
        assertThat(parse("{\"a\":[\"x\"]}").texts("a")).isEqualTo(List.of("x"));
        assertThat(parse("{\"a\":{\"k\":1.5}}").object("a")).containsEntry("k", 1.5);
    }

    @Test
    void refusesHalfOfASurrogatePair() {
        assertThatThrownBy(() -> parse("{\"a\":\"x\\ud83d\"}").text("a", 10)).hasMessageContaining("surrogate");
        assertThat(parse("{\"a\":\"\\ud83d\\ude00\"}").text("a", 10)).isEqualTo("\ud83d\ude00");
    }

    @Test
    void refusesTooLongText() {
        assertThatThrownBy(() -> parse("{\"a\":\"xxx\"}").text("a", 2)).hasMessage("a has 3 characters, at most 2 are accepted");
    }
}
