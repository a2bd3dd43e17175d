package io.advunlearn.quarkus.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.test.QuarkusUnitTest;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A key that could be guessed stops the start, and is not told to the log. */
class ShortKeyTest {

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest().withApplicationRoot(jar -> jar.addAsResource(
            new StringAsset("quarkus.advunlearn.registry-directory=target/short-registry\nquarkus.advunlearn.admin.api-key=guess-me\n"),
            "application.properties")).assertException(thrown -> {
                Throwable cause = thrown;
                while (!(cause instanceof ConfigurationException) && cause.getCause() != null) {
                    cause = cause.getCause();
                }
                assertThat(cause).hasMessageContaining("quarkus.advunlearn.admin.api-key").hasMessageContaining("16").hasMessageNotContaining("guess-me");
            });

    @Test
    void doesNotStart() {
        Assertions.fail("the application must not start");
    }
}
