package io.advunlearn.quarkus.config;

import io.quarkus.runtime.annotations.ConfigGroup;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Encoders that are uploaded to the registry in parts. */
@ConfigGroup
public interface UploadsConfig {

    /**
     * Bytes that all unfinished uploads may announce together; 0 turns uploading off.
     */
    @WithDefault("8G")
    MemorySize size();

    /**
     * How long an upload stays to which nothing is added.
     */
    @WithDefault("24h")
    Duration age();
}
