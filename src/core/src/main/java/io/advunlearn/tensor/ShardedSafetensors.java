package io.advunlearn.tensor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Weights in several files with an index ({@code *.safetensors.index.json}), as the Hugging Face libraries write large models. */
final class ShardedSafetensors implements TensorSource {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path index;
    private final Map<String, Safetensors> shards = new TreeMap<>();
    private final Map<String, Safetensors> byTensor = new LinkedHashMap<>();

    private ShardedSafetensors(Path index) {
        this.index = index;
    }

    /** Opens every shard. @throws SafetensorsException naming the shard or the tensor that is missing */
    static ShardedSafetensors open(Path index) {
        ShardedSafetensors opened = new ShardedSafetensors(index);
        try {
            weightMap(index).properties().forEach(entry -> opened.add(entry.getKey(), entry.getValue().asText()));
            return opened;
        } catch (SafetensorsException e) {
            opened.close();
            throw e;
        }
    }

    private static JsonNode weightMap(Path index) {
        try {
            JsonNode map = JSON.readTree(index.toFile()).path("weight_map");
            if (!map.isObject() || map.isEmpty()) {
                throw new SafetensorsException(index + ": has no weight_map, which says in which file each tensor is");
            }
            return map;
        } catch (IOException e) {
            throw new SafetensorsException(index + ": cannot be read as JSON (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    private void add(String tensor, String file) {
        Safetensors shard = shards.computeIfAbsent(file, this::shard);
        if (!shard.tensors().containsKey(tensor)) {
            throw new SafetensorsException(shard.path() + ": has no tensor " + tensor + ", which " + index.getFileName() + " says is there");
        }
        byTensor.put(tensor, shard);
    }

    private Safetensors shard(String file) {
        Path path = index.resolveSibling(file);
        // an index could otherwise name any file of the machine
        if (!path.getFileName().toString().equals(file) || !file.endsWith(".safetensors")) {
            throw new SafetensorsException(index + ": names the shard " + file + "; accepted: a .safetensors file in the same folder");
        }
        if (!Files.isRegularFile(path)) {
            throw new SafetensorsException(path + ": this shard is missing; " + index.getFileName() + " needs it");
        }
        return Safetensors.open(path);
    }

    @Override
    public Path path() {
        return index;
    }

    @Override
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        // shard by shard, so that each file is read from front to back
        shards.values().forEach(shard -> shard.shapes().forEach((name, shape) -> {
            if (byTensor.get(name) == shard) {
                shapes.put(name, shape);
            }
        }));
        return Collections.unmodifiableMap(shapes);
    }

    @Override
    public void read(String name, long first, ByteBuffer target) {
        shardOf(name).read(name, first, target);
    }

    @Override
    public Optional<MappedByteBuffer> mapped(String name) {
        return shardOf(name).mapped(name);
    }

    private Safetensors shardOf(String tensor) {
        Safetensors shard = byTensor.get(tensor);
        if (shard == null) {
            throw new SafetensorsException(index + ": has no tensor " + tensor);
        }
        return shard;
    }

    @Override
    public String digest() {
        StringBuilder digests = new StringBuilder();
        shards.forEach((file, shard) -> digests.append(shard.digest()).append("  ").append(file).append('\n'));
        return Sha256.of(digests.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        shards.values().forEach(Safetensors::close);
    }
}
