package io.advunlearn.service.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessKeyTest {

    private static final String KEY = "sixteen-letters!";

    private static AccessKey of(String key, Path file) {
        return AccessKey.of(Optional.ofNullable(key), Optional.ofNullable(file), "the-key", "the-file");
    }

    @Test
    void matchesTheKeyOnly() {
        AccessKey key = of(KEY, null);
        assertThat(key.matches(KEY)).isTrue();
        assertThat(key.matches(KEY + " ")).isFalse();
        assertThat(key.matches(KEY.toUpperCase())).isFalse();
        assertThat(key.matches("")).isFalse();
        assertThat(key.matches(null)).isFalse();
    }

    @Test
    void withoutAKeyNothingMatches() {
        AccessKey none = of(null, null);
        assertThat(none.isConfigured()).isFalse();
        assertThat(none.matches(null)).isFalse();
        assertThat(none.matches("")).isFalse();
        assertThat(none.matches("null")).isFalse();
    }

    @Test
    void dropsTheLineEndOfAFile(@TempDir Path directory) throws IOException {
        assertThat(of(null, Files.writeString(directory.resolve("key"), KEY + "\n")).matches(KEY)).isTrue();
    }

    @Test
    void namesTheSettingAndNotTheSecret(@TempDir Path directory) throws IOException {
        assertThatThrownBy(() -> of("guess-me", null)).hasMessageContaining("the-key").hasMessageContaining("16").hasMessageNotContaining("guess-me");
        Path empty = Files.writeString(directory.resolve("empty"), "\n");
        assertThatThrownBy(() -> of(null, empty)).hasMessageContaining("the-file").hasMessageContaining("16");
        assertThatThrownBy(() -> of(null, directory.resolve("missing"))).hasMessageContaining("the-file").hasMessageContaining("missing");
        assertThatThrownBy(() -> of(KEY, empty)).hasMessageContaining("only one");
    }
}
