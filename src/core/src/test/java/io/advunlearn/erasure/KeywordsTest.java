package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeywordsTest {

    @TempDir
    private Path directory;

    private Keywords read(String text) throws IOException {
        return Keywords.read(Files.writeString(directory.resolve("keywords"), text));
    }

    @Test
    void textHoldsOneRelatedKeywordALine() throws IOException {
        assertThat(read("steeple\n\n  stained glass \nSteeple\n")).isEqualTo(new Keywords(List.of("steeple", "stained glass"), List.of()));
    }

    @Test
    void jsonHoldsEitherListOrBoth() throws IOException {
        assertThat(read("{\"related\": [\"steeple\"], \"unrelated\": [\"sky\"]}")).isEqualTo(new Keywords(List.of("steeple"), List.of("sky")));
        assertThat(read(" {\"unrelated\": [\"sky\"]}")).isEqualTo(new Keywords(List.of(), List.of("sky")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"relatd\": []}", "{\"related\": \"steeple\"}", "{\"related\": [1]}", "{\"related\": [\" \"]}", "{", "{\"related\": null}"})
    void anythingElseIsRefusedWithTheFilesName(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> read(text)).withMessageContaining("keywords: ");
    }

    @Test
    void conceptIsInNeitherListAndNoWordInBoth() {
        Keywords keywords = new Keywords(List.of("Church", "nave"), List.of("church", "sky", "nave")).about("church");
        assertThat(keywords).isEqualTo(new Keywords(List.of("nave"), List.of("sky")));
    }
}
