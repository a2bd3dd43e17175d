package io.advunlearn.pipeline;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.advunlearn.checkpoint.Checkpoint;
import io.advunlearn.checkpoint.CheckpointPart;
import io.advunlearn.checkpoint.PipelineArchitecture;
import io.advunlearn.checkpoint.PipelineFamily;
import io.advunlearn.checkpoint.VaeTiling;
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
import io.advunlearn.tensor.TorchThreads;
import io.advunlearn.tensor.Weights;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * The parts of a checkpoint, loaded.
 *
 * @param unetDigest SHA-256 of the UNet's weights file, hex; computed while the pipeline already serves, whoever asks waits for it
 */
record LoadedCheckpoint(PipelineComponents components, CompletableFuture<String> unetDigest) {

    /**
     * Where a part goes.
     *
     * @param manager owns the weights, on their device
     * @param type what the part computes in
     */
    record Place(NDManager manager, DataType type) { }

    /** Of the text encoders, and of the rest except a VAE for which half precision is too little. */
    record Places(Place text, Place rest) {

        Place vae(Checkpoint checkpoint, PipelineArchitecture architecture) {
            // as diffusers' pipelines: those of Stable Diffusion 1 and 2 never upcast
            boolean upcast = checkpoint.family() == PipelineFamily.STABLE_DIFFUSION_XL && architecture.vae().forceUpcast();
            return upcast ? new Place(rest.manager, DataType.FLOAT32) : rest;
        }
    }

    static LoadedCheckpoint load(Checkpoint checkpoint, PipelineArchitecture architecture, VaeTiling tiling, Places places) {
        ClipTokenizer tokenizer = tokenizer(checkpoint, CheckpointPart.TEXT_ENCODER, architecture.text());
        Scheduler scheduler = Schedulers.read(checkpoint.schedulerConfig());
        // beside the loading, which leaves a processor idle
        CompletableFuture<String> textDigest = digest(checkpoint, CheckpointPart.TEXT_ENCODER);
        ClipTextModel text = part(checkpoint, CheckpointPart.TEXT_ENCODER, places.text, weights -> new ClipTextModel(architecture.text(), weights));
        SecondEncoder second = architecture.second() == null ? null : second(checkpoint, architecture.second(), places.text);
        UNet2DConditionModel unet = part(checkpoint, CheckpointPart.UNET, places.rest, weights -> new UNet2DConditionModel(architecture.unet(), weights));
        AutoencoderKL vae = part(checkpoint, CheckpointPart.VAE, places.vae(checkpoint, architecture), weights -> vae(architecture, weights, tiling));
        // a denoiser's file takes seconds; nothing but its name depends on them
        CompletableFuture<String> unetDigest = digest(checkpoint, CheckpointPart.UNET);
        return new LoadedCheckpoint(new PipelineComponents(checkpoint.directory(), ModelConfigs.of(checkpoint), tokenizer, text, textDigest.join(),
                second, unet, vae, scheduler, places.rest.manager.getDevice(), lane(unet, places.rest.manager.getDevice())), unetDigest);
    }

    private static DeviceLane lane(UNet2DConditionModel unet, Device device) {
        if (device.isGpu()) {
            return new DeviceLane();
        }
        double parameters = unet.weights().asMap().values().stream().mapToDouble(NDArray::size).sum();
        return DeviceLane.withThreads(TorchThreads.forWork(parameters * unet.sampleSize() * unet.sampleSize()));
    }

    /** @throws IllegalArgumentException if tiles are wanted and the configuration has none that fit together */
    private static AutoencoderKL vae(PipelineArchitecture architecture, Weights weights, VaeTiling tiling) {
        AutoencoderKL vae = new AutoencoderKL(architecture.vae(), weights);
        return switch (tiling) {
            case OFF -> vae;
            case ON -> vae.tiled(0);
            // some VAEs were trained on smaller pictures than the pipelines that they were published with draw
            case AUTO -> vae.canTile() ? vae.tiled(architecture.unet().sampleSize() * vae.downscale()) : vae;
        };
    }

    private static SecondEncoder second(Checkpoint checkpoint, ClipTextProjectionConfig config, Place place) {
        ClipTokenizer tokenizer = tokenizer(checkpoint, CheckpointPart.TEXT_ENCODER_2, config.text());
        CompletableFuture<String> digest = digest(checkpoint, CheckpointPart.TEXT_ENCODER_2);
        ClipTextModelWithProjection text = part(checkpoint, CheckpointPart.TEXT_ENCODER_2, place,
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

    private static <N> N part(Checkpoint checkpoint, CheckpointPart part, Place place, Function<Weights, N> network) {
        try (TensorSource tensors = checkpoint.tensors(part)) {
            Weights weights = Weights.load(tensors, place.manager, place.manager.getDevice(), place.type);
            N made = network.apply(weights);
            if (part == CheckpointPart.UNET || part == CheckpointPart.VAE) {
                // text encoders are also cut out of larger models, whose other half may have been left in
                weights.requireAllUsed();
            }
            return made;
        }
    }
}
