package io.advunlearn.pipeline;

import io.advunlearn.checkpoint.Checkpoint;
import io.advunlearn.checkpoint.CheckpointPart;
import io.advunlearn.model.ConfigFile;

/** The configurations that trained parts are written with and stored work is recognised by. */
public record ModelConfigs(ConfigFile textEncoder, ConfigFile unet, ConfigFile scheduler) {

    static ModelConfigs of(Checkpoint checkpoint) {
        return new ModelConfigs(checkpoint.config(CheckpointPart.TEXT_ENCODER), checkpoint.config(CheckpointPart.UNET),
                ConfigFile.read(checkpoint.schedulerConfig()));
    }
}
