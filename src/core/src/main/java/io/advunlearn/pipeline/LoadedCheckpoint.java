package io.advunlearn.pipeline;

import ai.djl.ndarray.NDManager;
import io.advunlearn.checkpoint.Checkpoint;
import io.advunlearn.checkpoint.CheckpointPart;
import io.advunlearn.checkpoint.PipelineArchitecture;
import io.advunlearn.model.AutoencoderKL;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTextModelWithProjection;
import io.advunlearn.model.ClipTextProjectionConfig;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.scheduler.Scheduler;
import io.advunlearn.scheduler.Schedulers;
import io.advunlearn.tensor.TensorSource;
import io.advunlearn.tensor.Weights;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The parts of a checkpoint, loaded.
 *
 * @param unetDigest SHA-256 of the UNet's weights file, hex; computed while the pipeline already serves, whoever asks waits for it
 */
record LoadedCheckpoint(PipelineComponents components, Supplier<String> unetDigest) {

    /** @param manager owns the weights */
    static LoadedCheckpoint load(Checkpoint checkpoint, PipelineArchitecture architecture, NDManager manager) {
        ClipTokenizer tokenizer = tokenizer(checkpoint, CheckpointPart.TEXT_ENCODER, architecture.text());
        Scheduler scheduler = Schedulers.read(checkpoint.schedulerConfig());
        // beside the loading, which leaves a processor idle
        CompletableFuture<String> textDigest = digest(checkpoint, CheckpointPart.TEXT_ENCODER);
        ClipTextModel text = part(checkpoint, CheckpointPart.TEXT_ENCODER, manager, weights -> new ClipTextModel(architecture.text(), weights));
        SecondEncoder second = architecture.second() == null ? null : second(checkpoint, architecture.second(), manager);
        UNet2DConditionModel unet = part(checkpoint, CheckpointPart.UNET, manager, weights -> new UNet2DConditionModel(architecture.unet(), weights));
        AutoencoderKL vae = part(checkpoint, CheckpointPart.VAE, manager, weights -> new AutoencoderKL(architecture.vae(), weights));
        // a denoiser's file takes seconds; nothing but its name depends on them
        CompletableFuture<String> unetDigest = digest(checkpoint, CheckpointPart.UNET);
        return new LoadedCheckpoint(new PipelineComponents(checkpoint.directory(), ModelConfigs.of(checkpoint), tokenizer, text, textDigest.join(),
                second, unet, vae, scheduler, manager.getDevice(), new DeviceLane()), unetDigest::join);
    }

    private static SecondEncoder second(Checkpoint checkpoint, ClipTextProjectionConfig config, NDManager manager) {
        ClipTokenizer tokenizer = tokenizer(checkpoint, CheckpointPart.TEXT_ENCODER_2, config.text());
        CompletableFuture<String> digest = digest(checkpoint, CheckpointPart.TEXT_ENCODER_2);
        ClipTextModelWithProjection text = part(checkpoint, CheckpointPart.TEXT_ENCODER_2, manager,
                weights -> new ClipTextModelWithProjection(config, weights));
        return new SecondEncoder(tokenizer, text, digest.join(), checkpoint.zerosForEmptyPrompt());
    }

    /** @throws IllegalArgumentException if it makes ids or windows that the encoder does not have */
    private static ClipTokenizer tokenizer(Checkpoint checkpoint, CheckpointPart part, ClipTextConfig encoder) {
        ClipTokenizer tokenizer = checkpoint.tokenizer(part);
        if (tokenizer.maxLength() <= encoder.maxPositionEmbeddings() && tokenizer.vocabSize() <= encoder.vocabSize()) {
            return tokenizer;
        }
        tokenizer.close();
        throw new IllegalArgumentException(checkpoint.directory() + ": the tokenizer of " + part.folder() + " has " + tokenizer.vocabSize() + " tokens and windows of "
                + tokenizer.maxLength() + "; its encoder reads at most " + encoder.vocabSize() + " tokens and " + encoder.maxPositionEmbeddings() + " positions");
    }

    private static CompletableFuture<String> digest(Checkpoint checkpoint, CheckpointPart part) {
        // opened here: the checkpoint may be closed before it is read
        TensorSource opened = checkpoint.tensors(part);
        return CompletableFuture.supplyAsync(() -> {
            try (opened) {
                return opened.digest();
            }
        });
    }

    private static <N> N part(Checkpoint checkpoint, CheckpointPart part, NDManager manager, Function<Weights, N> network) {
        try (TensorSource tensors = checkpoint.tensors(part)) {
            Weights weights = Weights.load(tensors, manager, manager.getDevice());
            N made = network.apply(weights);
            if (part == CheckpointPart.UNET || part == CheckpointPart.VAE) {
                // text encoders are also cut out of larger models, whose other half may have been left in
                weights.requireAllUsed();
            }
            return made;
        }
    }
}
