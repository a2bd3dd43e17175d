package io.advunlearn.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged gateway, which runs in production mode, does not start with an admin API that is open to everybody. */
class OpenAdminIT {

    @TempDir
    Path folder;

    @Test
    void doesNotStartAndSaysWhy() throws IOException, InterruptedException {
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Dquarkus.advunlearn.access.open-admin=true",
                "-Dquarkus.advunlearn.registry-directory=" + folder.resolve("registry"), "-Dadvunlearn.models=" + System.getProperty("advunlearn.models"),
                "-Dquarkus.http.port=0", "-Dquarkus.management.port=0", "-jar", System.getProperty("advunlearn.gateway.jar"), "serve")
                .redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ended").isTrue();
            assertThat(process.exitValue()).isNotZero();
            assertThat(Files.readString(log)).contains("open-admin=true opens the admin API to everybody, which is for development only");
        } finally {
            process.destroyForcibly();
        }
    }
}
