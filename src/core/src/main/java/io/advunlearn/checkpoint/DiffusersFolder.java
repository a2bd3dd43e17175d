package io.advunlearn.checkpoint;

import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.tensor.TensorSource;
import io.advunlearn.tensor.WeightFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A folder as {@code DiffusionPipeline.save_pretrained} writes it. */
final class DiffusersFolder implements Checkpoint {

    private static final String INDEX = "model_index.json";

    private final Path folder;
    private final PipelineFamily family;
    private final boolean zerosForEmptyPrompt;
    private final String variant;

    private DiffusersFolder(Path folder, PipelineFamily family, boolean zerosForEmptyPrompt, String variant) {
        this.folder = folder;
        this.family = family;
        this.zerosForEmptyPrompt = zerosForEmptyPrompt;
        this.variant = variant;
    }

    static DiffusersFolder open(Path folder, CheckpointOptions options) {
        Path file = folder.resolve(INDEX);
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException(file + ": is missing; a folder of diffusers with it or one .safetensors file is needed");
        }
        ConfigFile index = ConfigFile.read(file);
        String className = index.name("_class_name");
        PipelineFamily family = PipelineFamily.of(className)
                .orElseThrow(() -> index.refuse("_class_name", className, PipelineFamily.supported()));
        for (CheckpointPart part : CheckpointPart.values()) {
            if (part.in(family)) {
                checkClass(index, part);
            }
        }
        return new DiffusersFolder(folder, family, family == PipelineFamily.STABLE_DIFFUSION_XL && index.flag("force_zeros_for_empty_prompt", true),
                options.variant());
    }

    /** An entry is the library and the class. */
    private static void checkClass(ConfigFile index, CheckpointPart part) {
        List<String> entry = index.names(part.folder(), List.of("missing"));
        String className = entry.get(entry.size() - 1);
        if (!className.equals(part.className())) {
            throw index.refuse(part.folder(), className, part.className());
        }
    }

    @Override
    public PipelineFamily family() {
        return family;
    }

    @Override
    public Path directory() {
        return folder;
    }

    @Override
    public ConfigFile config(CheckpointPart part) {
        return ConfigFile.read(folder.resolve(part.folder()).resolve("config.json"));
    }

    @Override
    public TensorSource tensors(CheckpointPart part) {
        return WeightFiles.open(folder.resolve(part.folder()), part.weights(), variant);
    }

    @Override
    public ClipTokenizer tokenizer(CheckpointPart textEncoder) {
        return ClipTokenizer.load(folder.resolve(textEncoder.tokenizer()));
    }

    @Override
    public Path schedulerConfig() {
        return folder.resolve("scheduler").resolve("scheduler_config.json");
    }

    @Override
    public boolean zerosForEmptyPrompt() {
        return zerosForEmptyPrompt;
    }

    @Override
    public void close() {
        // every part is opened and closed by itself
    }
}
