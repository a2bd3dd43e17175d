package io.advunlearn.quarkus.serving;

import io.advunlearn.pipeline.Retention;
import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.advunlearn.quarkus.config.AdvUnlearnConfig.LimitsConfig;
import io.advunlearn.quarkus.config.ErasuresConfig;
import io.advunlearn.quarkus.config.RateLimitsConfig;
import io.advunlearn.quarkus.config.RetentionConfig;
import io.advunlearn.quarkus.config.UploadsConfig;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.FileJobClaims;
import io.advunlearn.registry.JobClaims;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.registry.UploadLimits;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.ServiceSettings;
import io.advunlearn.service.jobs.JobSettings;
import io.advunlearn.service.serving.HostName;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.Observers;
import io.advunlearn.service.serving.RateLimits;
import io.advunlearn.service.serving.ServingMetrics;
import io.advunlearn.service.serving.Tracing;
import io.quarkus.arc.DefaultBean;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.configuration.MemorySize;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.OptionalLong;

/** The service, made from the configuration. */
class ServiceProducer {

    /** The configured registry; an application may bring a bean of its own. */
    @Produces
    @ApplicationScoped
    @DefaultBean
    EncoderRegistry registry(AdvUnlearnConfig config, PostgresqlRegistry postgresql) {
        return switch (config.registry().store()) {
            case DIRECTORY -> directory(config);
            case POSTGRESQL -> postgresql.open(config.registryDirectory(), replica(config));
        };
    }

    private static EncoderRegistry directory(AdvUnlearnConfig config) {
        try {
            return new FileEncoderRegistry(config.registryDirectory(), replica(config));
        } catch (RegistryException e) {
            throw new ConfigurationException("quarkus.advunlearn.registry-directory: " + e.getMessage(), e);
        }
    }

    /** Which replica runs which job, beside the jobs or with the registry's states; an application may bring a bean of its own. */
    @Produces
    @ApplicationScoped
    @DefaultBean
    JobClaims claims(AdvUnlearnConfig config, PostgresqlRegistry postgresql) {
        return switch (config.registry().store()) {
            case DIRECTORY -> new FileJobClaims(config.registryDirectory());
            case POSTGRESQL -> postgresql.claims();
        };
    }

    @Produces
    @Singleton
    AdvUnlearnService service(AdvUnlearnConfig config, EncoderRegistry registry, JobClaims claims, Observers observers) {
        return new AdvUnlearnService(new ServiceSettings(config.registryDirectory(), config.importDirectory(), replica(config),
                config.reconcileInterval(), limits(config.limits()), uploads(config.uploads()), retention(config.retention()), config.registry().heartbeat(),
                jobs(config.erasures())), registry, claims, observers, rates(config.rateLimits()));
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

    private static JobSettings jobs(ErasuresConfig config) {
        return new JobSettings(config.lease(), config.memory().map(size -> OptionalLong.of(size.asLongValue())).orElse(OptionalLong.empty()));
    }

    private static Limits limits(LimitsConfig config) {
        return new Limits(config.promptCharacters(), config.images(), config.steps(), config.pixels(), config.concurrency(), config.queueSize(),
                config.queueWait(), config.bodySize().asLongValue());
    }
}
