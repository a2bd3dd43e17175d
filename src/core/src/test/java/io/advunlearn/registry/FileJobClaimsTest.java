package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Claims of jobs beside the jobs. */
class FileJobClaimsTest extends JobClaimsContract {

    @TempDir
    Path root;

    @BeforeEach
    void makeJob() throws IOException {
        Files.createDirectories(root.resolve(JOBS).resolve("job"));
    }

    @Override
    JobClaims open() {
        return new FileJobClaims(root);
    }

    @Test
    void whatCannotBeWrittenIsAnError() {
        assertThatThrownBy(() -> open().take(JOBS, "there-is-none", 1, "a")).isInstanceOf(RegistryException.class).hasMessageContaining("there-is-none");
        assertThatThrownBy(() -> open().newest(JOBS, "../job")).isInstanceOf(RegistryException.class);
    }
}
