package io.advunlearn.quarkus.serving;

import io.advunlearn.pipeline.Retention;
import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.advunlearn.quarkus.config.AdvUnlearnConfig.LimitsConfig;
import io.advunlearn.quarkus.config.RateLimitsConfig;
import io.advunlearn.quarkus.config.RetentionConfig;
import io.advunlearn.quarkus.config.UploadsConfig;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.registry.UploadLimits;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.ServiceSettings;
import io.advunlearn.service.serving.HostName;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.Observers;
import io.advunlearn.service.serving.RateLimits;
import io.advunlearn.service.serving.ServingMetrics;
import io.advunlearn.service.serving.Tracing;
import io.quarkus.arc.DefaultBean;
import io.quarkus.arc.InjectableInstance;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.configuration.MemorySize;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import javax.sql.DataSource;

/** The service, made from the configuration. */
class ServiceProducer {

    /** The configured registry; an application may bring a bean of its own. */
    @Produces
    @ApplicationScoped
    @DefaultBean
    EncoderRegistry registry(AdvUnlearnConfig config, InjectableInstance<DataSource> sources) {
        return switch (config.registry().store()) {
            case DIRECTORY -> directory(config);
            case POSTGRESQL -> PostgresqlRegistry.open(config.registryDirectory(), replica(config), sources);
        };
    }

    private static EncoderRegistry directory(AdvUnlearnConfig config) {
        try {
            return new FileEncoderRegistry(config.registryDirectory(), replica(config));
        } catch (RegistryException e) {
            throw new ConfigurationException("quarkus.advunlearn.registry-directory: " + e.getMessage(), e);
        }
    }

    @Produces
    @Singleton
    AdvUnlearnService service(AdvUnlearnConfig config, EncoderRegistry registry, Observers observers) {
        return new AdvUnlearnService(new ServiceSettings(config.registryDirectory(), config.importDirectory(), replica(config),
                config.reconcileInterval(), limits(config.limits()), uploads(config.uploads()), retention(config.retention()), config.registry().heartbeat()), registry, observers,
                rates(config.rateLimits()));
    }

    private static RateLimits rates(RateLimitsConfig config) {
        return new RateLimits(config.requestsPerMinute(), config.imagesPerMinute(), config.concurrentRequests());
    }

    /** Metrics and traces are beans where the application has Micrometer and OpenTelemetry; it may bring its own. */
    @Produces
    @Singleton
    Observers observers(Instance<ServingMetrics> metrics, Instance<Tracing> tracing, CdiEvents events) {
        return new Observers(metrics.isUnsatisfied() ? ServingMetrics.NONE : metrics.get(), tracing.isUnsatisfied() ? Tracing.NONE : tracing.get(), events);
    }

    private static String replica(AdvUnlearnConfig config) {
        return config.replica().orElseGet(HostName::asReplica);
    }

    private static UploadLimits uploads(UploadsConfig config) {
        return new UploadLimits(config.size().asLongValue(), config.age());
    }

    private static Retention retention(RetentionConfig config) {
        return new Retention(config.time(), config.memory().map(MemorySize::asLongValue).orElse(Long.MAX_VALUE));
    }

    private static Limits limits(LimitsConfig config) {
        return new Limits(config.promptCharacters(), config.images(), config.steps(), config.pixels(), config.concurrency(), config.queueSize(),
                config.queueWait(), config.bodySize().asLongValue());
    }
}
