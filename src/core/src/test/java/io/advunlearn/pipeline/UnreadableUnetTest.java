package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.advunlearn.TestDevice;
import io.advunlearn.checkpoint.Checkpoint;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.checkpoint.PipelineArchitecture;
import io.advunlearn.checkpoint.VaeTiling;
import io.advunlearn.pipeline.LoadedCheckpoint.Place;
import io.advunlearn.pipeline.LoadedCheckpoint.Places;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The UNet's digest is computed while the pipeline serves; if that fails, it is known before images are drawn, not at their end. */
class UnreadableUnetTest {

    @Test
    void isToldOnceTheFileCouldNotBeRead() {
        NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch");
        CompletableFuture<String> digest = new CompletableFuture<>();
        try (Checkpoint checkpoint = Checkpoint.open(BundledModel.directory(), CheckpointOptions.NONE);
                TextToImagePipeline pipeline = TextToImagePipeline.of("emoji-sd", manager, new LoadedCheckpoint(load(checkpoint, manager), digest),
                        ErasureFloor.NONE, false)) {
            assertThat(pipeline.unreadable()).isEmpty();
            digest.completeExceptionally(new UncheckedIOException(new IOException("/secret/path: Input/output error")));
            assertThat(pipeline.unreadable()).contains("the weights file of the UNet could not be read");
        }
    }

    private static PipelineComponents load(Checkpoint checkpoint, NDManager manager) {
        Place place = new Place(manager, DataType.FLOAT32);
        LoadedCheckpoint loaded = LoadedCheckpoint.load(checkpoint, PipelineArchitecture.of(checkpoint), VaeTiling.AUTO, new Places(place, place));
        loaded.unetDigest().join();
        return loaded.components();
    }
}
