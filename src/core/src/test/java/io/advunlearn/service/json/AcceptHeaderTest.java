package io.advunlearn.service.json;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceptHeaderTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "image/png                                | image/png",
        "IMAGE/PNG; charset=x                     | image/png",
        "application/json, image/png              | application/json image/png",
        "application/json;q=0.5, image/png        | image/png application/json",
        "*/*, image/*, image/png                  | image/png image/* */*",
        "image/png;q=0, application/json          | application/json",
        "image/png;q=much, application/json       | application/json"})
    void sortsWhatTheClientWantsMostFirst(String header, String expected) {
        assertThat(String.join(" ", AcceptHeader.ranges(header))).isEqualTo(expected);
    }

    @Test
    void withoutAHeaderEverythingIsAccepted() {
        assertThat(AcceptHeader.ranges(null)).containsExactly("*/*");
        assertThat(AcceptHeader.ranges(" ")).containsExactly("*/*");
    }
}
