package io.advunlearn.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.model.AddedConditions;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.TensorSource;
import io.advunlearn.tensor.TensorViews;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * One {@code .safetensors} file in the layout of CompVis (Stable Diffusion 1), of Stability AI's first (2) or of its second code base (SDXL). What
 * the shapes do not say is as published for the family.
 */
final class SingleFile implements Checkpoint {

    /** Where each kind keeps its text encoders. */
    private enum Kind {

        SD1(PipelineFamily.STABLE_DIFFUSION, "cond_stage_model.transformer.", null, 64),
        SD2(PipelineFamily.STABLE_DIFFUSION, null, "cond_stage_model.model.", 96),
        SDXL(PipelineFamily.STABLE_DIFFUSION_XL, "conditioner.embedders.0.transformer.", "conditioner.embedders.1.model.", 128);

        private final PipelineFamily family;
        private final String clip;
        private final String openClip;
        private final int sampleSize;

        Kind(PipelineFamily family, String clip, String openClip, int sampleSize) {
            this.family = family;
            this.clip = clip;
            this.openClip = openClip;
            this.sampleSize = sampleSize;
        }

        boolean fits(FileShapes all) {
            return (clip == null || all.hasAny(clip)) && (openClip == null || all.hasAny(openClip));
        }
    }

    /** OpenCLIP was trained with id 0 behind the end. */
    private static final String OPEN_CLIP_PADDING = "!";
    private static final String NOISE = "epsilon";
    private static final double SCALING = 0.18215;
    private static final double SDXL_SCALING = 0.13025;
    private static final String SUPPORTED = "; supported are Stable Diffusion 1 and 2 and SDXL in their publishers' layout";

    private final Safetensors file;
    private final Path tokenizer;
    private final Kind kind;
    private final Map<CheckpointPart, ObjectNode> configs = new EnumMap<>(CheckpointPart.class);
    private final Map<CheckpointPart, Map<String, TensorViews.View>> views = new EnumMap<>(CheckpointPart.class);
    private Path schedulerConfig;

    private SingleFile(Safetensors file, CheckpointOptions options) {
        this.file = file;
        FileShapes all = shapes("");
        kind = kind(all);
        tokenizer = tokenizerFolder(options);
        if (!all.hasAny(CompVisVae.PREFIX)) {
            throw refuse("holds no image decoder (" + CompVisVae.PREFIX + "*); a full checkpoint is needed");
        }
        CompVisVae vae = new CompVisVae(shapes(CompVisVae.PREFIX));
        vae.describe(config(CheckpointPart.VAE, "AutoencoderKL"), kind == Kind.SDXL ? SDXL_SCALING : SCALING, sampleSize());
        views.put(CheckpointPart.VAE, vae.views());
        addText();
        addUnet();
    }

    static SingleFile open(Path path, CheckpointOptions options) {
        Safetensors file = Safetensors.open(path);
        try {
            return new SingleFile(file, options);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private Kind kind(FileShapes all) {
        if (all.hasAny(CompVisUnet.PREFIX + "double_blocks.") || all.hasAny("double_blocks.") || all.hasAny(CompVisUnet.PREFIX + "joint_blocks.")) {
            throw refuse("is a diffusion transformer (FLUX or Stable Diffusion 3)" + SUPPORTED);
        }
        if (!all.hasAny(CompVisUnet.PREFIX + "input_blocks.")) {
            throw refuse("holds no UNet (" + CompVisUnet.PREFIX + "*): it is an adapter, one part alone or another model" + SUPPORTED);
        }
        if (file.tensors().containsKey("edm_mean")) {
            throw refuse("was trained for the EDM formulation (Playground 2.5)" + SUPPORTED);
        }
        for (Kind each : Kind.values()) {
            if (each.fits(all)) {
                return each;
            }
        }
        throw refuse(all.hasAny("conditioner.embedders.0.model.") ? "is SDXL's refiner, which draws no picture of its own" + SUPPORTED
                : "holds no text encoder that is known (cond_stage_model.* or conditioner.embedders.*); a full checkpoint is needed");
    }

    private void addText() {
        CheckpointPart first = CheckpointPart.TEXT_ENCODER;
        CheckpointPart second = CheckpointPart.TEXT_ENCODER_2;
        switch (kind) {
            case SD1 -> addText(first, TextLayout.clip(kind.clip, shapes(kind.clip)));
            case SD2 -> addText(first, TextLayout.openClip(kind.openClip, shapes(kind.openClip)));
            case SDXL -> {
                addText(first, TextLayout.clip(kind.clip, shapes(kind.clip)));
                addText(second, TextLayout.projectedOpenClip(kind.openClip, shapes(kind.openClip)));
            }
        }
    }

    private void addText(CheckpointPart part, TextLayout layout) {
        layout.describe(config(part, null).put("model_type", "clip_text_model"));
        views.put(part, layout.views());
    }

    private void addUnet() {
        CompVisUnet unet = new CompVisUnet(shapes(CompVisUnet.PREFIX));
        ObjectNode config = config(CheckpointPart.UNET, "UNet2DConditionModel");
        unet.describe(config, kind != Kind.SD1, sampleSize());
        if (unet.addedInput() > 0) {
            int pooled = kind == Kind.SDXL ? configs.get(CheckpointPart.TEXT_ENCODER_2).get("projection_dim").asInt() : 0;
            config.put("addition_embed_type", "text_time").put("projection_class_embeddings_input_dim", unet.addedInput())
                    .put("addition_time_embed_dim", (unet.addedInput() - pooled) / AddedConditions.TIME_IDS);
        }
        views.put(CheckpointPart.UNET, unet.views());
    }

    /** Of version 2 the models that predict noise were published for smaller pictures than those that predict the velocity. */
    private int sampleSize() {
        boolean noise = Files.isRegularFile(besideScheduler())
                && ConfigFile.read(besideScheduler()).name("prediction_type", NOISE).equals(NOISE);
        return kind == Kind.SD2 && noise ? Kind.SD1.sampleSize : kind.sampleSize;
    }

    private ObjectNode config(CheckpointPart part, String className) {
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        configs.put(part, config);
        return className == null ? config : config.put("_class_name", className);
    }

    private FileShapes shapes(String prefix) {
        return new FileShapes(file.path(), prefix, file.shapes());
    }

    private Path tokenizerFolder(CheckpointOptions options) {
        Path given = options.tokenizer() == null ? directory().resolve("tokenizer") : options.tokenizer();
        for (Path folder : new Path[] {given.resolve("tokenizer"), given}) {
            if (Files.isRegularFile(folder.resolve("vocab.json")) || Files.isRegularFile(folder.resolve("tokenizer.json"))) {
                return folder;
            }
        }
        throw refuse("holds no tokenizer, and " + given + " has none: put CLIP's vocab.json and merges.txt there or name their folder by the option tokenizer");
    }

    private IllegalArgumentException refuse(String reason) {
        return new IllegalArgumentException(file.path() + ": " + reason);
    }

    @Override
    public PipelineFamily family() {
        return kind.family;
    }

    @Override
    public Path directory() {
        return file.path().toAbsolutePath().getParent();
    }

    @Override
    public ConfigFile config(CheckpointPart part) {
        return ConfigFile.of(file.path(), configs.get(part));
    }

    @Override
    public TensorSource tensors(CheckpointPart part) {
        return new TensorViews(Safetensors.open(file.path()), views.get(part));
    }

    @Override
    public ClipTokenizer tokenizer(CheckpointPart textEncoder) {
        boolean clip = textEncoder == CheckpointPart.TEXT_ENCODER && kind != Kind.SD2;
        return ClipTokenizer.load(tokenizer, clip ? null : OPEN_CLIP_PADDING);
    }

    /** One that lies beside the file, in {@code scheduler/} as in a folder of diffusers, or the noise schedule that all three kinds were trained with. */
    @Override
    public Path schedulerConfig() {
        if (Files.isRegularFile(besideScheduler())) {
            return besideScheduler();
        }
        if (schedulerConfig != null) {
            return schedulerConfig;
        }
        boolean velocity = kind == Kind.SD2 || file.tensors().containsKey("v_pred");
        ObjectNode config = JsonNodeFactory.instance.objectNode().put("_class_name", "DDIMScheduler").put("num_train_timesteps", 1000)
                .put("beta_start", 0.00085).put("beta_end", 0.012).put("beta_schedule", "scaled_linear").put("clip_sample", false)
                .put("set_alpha_to_one", false).put("steps_offset", 1).put("prediction_type", velocity ? "v_prediction" : NOISE);
        try {
            schedulerConfig = Files.createTempFile("scheduler_config", ".json");
            return Files.writeString(schedulerConfig, config.toPrettyString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path besideScheduler() {
        return directory().resolve("scheduler").resolve("scheduler_config.json");
    }

    @Override
    public boolean zerosForEmptyPrompt() {
        return kind == Kind.SDXL;
    }

    @Override
    public void close() {
        file.close();
        try {
            if (schedulerConfig != null) {
                Files.deleteIfExists(schedulerConfig);
            }
        } catch (IOException e) {
            // a small file among the temporary ones
        }
    }
}
