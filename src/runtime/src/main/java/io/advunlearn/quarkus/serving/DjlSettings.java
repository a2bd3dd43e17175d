package io.advunlearn.quarkus.serving;

import io.advunlearn.quarkus.config.AdvUnlearnConfig;

/** DJL reads its settings from the environment and from system properties, once, when its first engine starts. */
final class DjlSettings {

    private DjlSettings() {
    }

    static void apply(AdvUnlearnConfig config) {
        // Otherwise DJL calls a cloud provider's metadata address and a statistics server.
        if (System.getenv("DJL_OFFLINE") == null && System.getProperty("ai.djl.offline") == null) {
            System.setProperty("ai.djl.offline", "true");
        }
        config.djlCacheDirectory().ifPresent(directory -> {
            if (System.getenv("DJL_CACHE_DIR") == null) {
                System.setProperty("DJL_CACHE_DIR", directory);
            }
        });
    }
}
