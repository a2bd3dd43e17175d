package io.advunlearn.djlserving;

import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import ai.djl.nn.Blocks;
import java.nio.file.Path;
import java.util.Map;

/**
 * The block of a pipeline's DJL model, which DJL asks for and which does nothing: the networks belong to the pipeline that
 * {@link PipelineTranslatorFactory} loads. Without it DJL would look for a TorchScript file.
 */
public final class PipelineBlockFactory implements BlockFactory {

    private static final long serialVersionUID = 1L;

    @Override
    public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments) {
        return Blocks.identityBlock();
    }
}
