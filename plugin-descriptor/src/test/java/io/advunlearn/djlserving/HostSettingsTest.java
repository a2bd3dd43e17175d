package io.advunlearn.djlserving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostSettingsTest {

    @TempDir
    Path directory;

    private static HostSettings environment(Map<String, String> environment) {
        return new HostSettings(name -> null, environment::get);
    }

    @Test
    void withoutATokenNothingMatches() {
        assertThat(environment(Map.of()).token().isConfigured()).isFalse();
        assertThat(environment(Map.of("ADVUNLEARN_ADMIN_TOKEN", "")).token().matches("")).isFalse();
    }

    @Test
    void takesTheTokenFromTheEnvironmentOrAFile() throws IOException {
        assertThat(environment(Map.of("ADVUNLEARN_ADMIN_TOKEN", "sixteen-letters!")).token().matches("sixteen-letters!")).isTrue();
        Path file = Files.writeString(directory.resolve("token"), "another-long-token\n");
        assertThat(environment(Map.of("ADVUNLEARN_ADMIN_TOKEN_FILE", file.toString())).token().matches("another-long-token")).isTrue();
    }

    @Test
    void aPropertyGoesBeforeTheEnvironment() {
        HostSettings settings = new HostSettings(Map.of("advunlearn.replica", "one")::get, Map.of("ADVUNLEARN_REPLICA", "two")::get);
        assertThat(settings.replica()).isEqualTo("one");
    }

    @Test
    void theRegistryIsInTheServersHome() {
        assertThat(environment(Map.of("MODEL_SERVER_HOME", "/opt/djl")).registryDirectory()).isEqualTo(Path.of("/opt/djl/registry"));
        assertThat(environment(Map.of("ADVUNLEARN_REGISTRY_DIRECTORY", "/data")).registryDirectory()).isEqualTo(Path.of("/data"));
    }

    @Test
    void namesTheWrongSettingAndNotTheSecret() {
        assertThatThrownBy(() -> environment(Map.of("ADVUNLEARN_ADMIN_TOKEN", "guess-me")).token()).hasMessageContaining("ADVUNLEARN_ADMIN_TOKEN")
                .hasMessageContaining("16").hasMessageNotContaining("guess-me");
        assertThatThrownBy(() -> environment(Map.of("ADVUNLEARN_ADMIN_TOKEN_FILE", "/no/such/file")).token())
                .hasMessageContaining("ADVUNLEARN_ADMIN_TOKEN_FILE").hasMessageContaining("/no/such/file");
        assertThatThrownBy(() -> environment(Map.of("ADVUNLEARN_ADMIN_TOKEN_FILE", "/x", "ADVUNLEARN_ADMIN_TOKEN", "sixteen-letters!")).token())
                .hasMessageContaining("only one");
    }
}
