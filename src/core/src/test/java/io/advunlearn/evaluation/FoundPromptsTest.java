package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FoundPromptsTest {

    private static final FoundPrompt CHURCH = new FoundPrompt("gcg", "church", "object", "digest", "a steeple", "", 5, List.of(1L, 2L));
    private static final FoundPrompt HORSE = new FoundPrompt("negative", "horse", "object", "digest", "a saddle", "cow", 7, List.of(3L));

    @TempDir
    Path folder;

    private Path suite(String name, FoundPrompt... prompts) {
        Path file = folder.resolve(name);
        ReportFiles.write(file, new FoundPrompts(FoundPrompts.SCHEMA, List.of(prompts)));
        return file;
    }

    @Test
    void aSuiteIsReadAsItWasWritten() {
        assertThat(FoundPrompts.read(List.of(suite("any.json", CHURCH)), "church")).containsExactly(CHURCH);
    }

    @Test
    void aDirectoryGivesEverySuiteBelowIt() {
        FoundPrompt other = new FoundPrompt("p4d", "church", "object", "later", "a chapel", "", 5, List.of(4L));
        suite("first/found-prompts.json", CHURCH);
        suite("second/deep/found-prompts.json", other, CHURCH);
        assertThat(FoundPrompts.read(List.of(folder), "church")).containsExactly(CHURCH, other);
    }

    @Test
    void promptsForOtherConceptsAreLeftOut() {
        assertThat(FoundPrompts.read(List.of(suite("any.json", CHURCH, HORSE)), "horse")).containsExactly(HORSE);
    }

    @Test
    void aSuiteWithoutTheConceptIsRefused() {
        assertThatThrownBy(() -> FoundPrompts.read(List.of(suite("any.json", CHURCH)), "rocket")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rocket");
    }

    @Test
    void aDirectoryWithoutASuiteIsRefused() {
        assertThatThrownBy(() -> FoundPrompts.read(List.of(folder), "church")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("found-prompts.json");
    }

    @Test
    void anotherSchemaIsRefused() throws java.io.IOException {
        Path file = Files.writeString(folder.resolve("x.json"), "{\"schema\": \"other/2\", \"prompts\": []}");
        assertThatThrownBy(() -> FoundPrompts.read(List.of(file), "church")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("other/2");
    }
}
