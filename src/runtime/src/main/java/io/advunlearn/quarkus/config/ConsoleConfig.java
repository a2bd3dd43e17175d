package io.advunlearn.quarkus.config;

import io.smallrye.config.WithDefault;

/** The console. */
public interface ConsoleConfig {

    /**
     * Whether the management port has the console, a page at {@code /console/}. It shows nothing without the key of the admin API.
     */
    @WithDefault("true")
    boolean enabled();
}
