package io.advunlearn.quarkus.config;

import io.quarkus.runtime.annotations.ConfigDocDefault;
import io.quarkus.runtime.annotations.ConfigGroup;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Erasures and evaluations. */
@ConfigGroup
public interface ErasuresConfig {

    /**
     * How long a replica sees no sign of life of another that shares the registry and runs a job, before it goes on with that job. A replica that
     * cannot reach the registry stops its jobs after three quarters of it. At least 1 s, the same for all replicas.
     */
    @WithDefault("30s")
    Duration lease();

    /**
     * Memory that an erasure may take on its device, beside the pipeline. One that is estimated to need more, or more than is free, is refused.
     */
    @ConfigDocDefault("what is free")
    Optional<MemorySize> memory();

    /**
     * The least share of the device's time that erasures and evaluations get while requests wait, greater than 0 and less than 1: with 0.1, requests lose
     * about a tenth of it. Otherwise the device is theirs when no request wants it.
     */
    @WithDefault("0.1")
    double deviceShare();
}
