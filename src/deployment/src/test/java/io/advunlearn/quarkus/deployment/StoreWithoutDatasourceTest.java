package io.advunlearn.quarkus.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.test.QuarkusUnitTest;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An application without a datasource that is told to keep the registry's states in one. */
class StoreWithoutDatasourceTest {

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest().withApplicationRoot(jar -> jar.addAsResource(
            new StringAsset("quarkus.advunlearn.registry-directory=target/store-registry\nquarkus.advunlearn.registry.store=postgresql\n"),
            "application.properties")).assertException(thrown -> {
                Throwable cause = thrown;
                while (!(cause instanceof ConfigurationException) && cause.getCause() != null) {
                    cause = cause.getCause();
                }
                assertThat(cause).hasMessage("quarkus.advunlearn.registry.store=postgresql needs a datasource: add io.quarkus:quarkus-agroal, "
                        + "io.quarkus:quarkus-jdbc-postgresql and org.flywaydb:flyway-database-postgresql to the application");
            });

    @Test
    void doesNotStart() {
        Assertions.fail("the application must not start");
    }
}
