package io.advunlearn.quarkus.config;

import io.quarkus.runtime.annotations.ConfigDocDefault;
import io.quarkus.runtime.annotations.ConfigGroup;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How long encoders that were replaced stay in memory for an instant rollback; later they are loaded from the registry. */
@ConfigGroup
public interface RetentionConfig {

    /**
     * How long an encoder stays since it was replaced; 0 frees it at once.
     */
    @WithDefault("24h")
    Duration time();

    /**
     * Device memory that such encoders of one pipeline may take, the oldest goes first; 0 frees them at once.
     */
    @ConfigDocDefault("no limit")
    Optional<MemorySize> memory();
}
