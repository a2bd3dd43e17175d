package io.advunlearn.quarkus.serving;

import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.quarkus.arc.DefaultBean;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;

/** The registry on disk; an application may bring a bean of its own. */
class RegistryProducer {

    @Produces
    @ApplicationScoped
    @DefaultBean
    EncoderRegistry registry(AdvUnlearnConfig config, Replica replica) {
        return new FileEncoderRegistry(config.registryDirectory(), replica.name());
    }
}
