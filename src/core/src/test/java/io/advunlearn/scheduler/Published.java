package io.advunlearn.scheduler;

import java.nio.file.Path;

/** The {@code scheduler_config.json} of published models. */
final class Published {

    private Published() { }

    static Path file(String name) {
        return Path.of("src", "test", "resources", "io", "advunlearn", "scheduler", name + ".json");
    }
}
