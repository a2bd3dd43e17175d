package io.advunlearn.quarkus.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.test.QuarkusUnitTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A native build ends with one sentence. */
class NativeImageTest {

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest().withEmptyApplication().overrideConfigKey("quarkus.native.enabled", "true")
            .assertException(failure -> {
                Throwable cause = failure;
                while (cause.getCause() != null) {
                    cause = cause.getCause();
                }
                assertThat(cause).isInstanceOf(ConfigurationException.class).hasMessage(NativeImageProcessor.REASON);
            });

    @Test
    void doesNotStart() {
        throw new AssertionError("a native build of the extension was not refused");
    }
}
