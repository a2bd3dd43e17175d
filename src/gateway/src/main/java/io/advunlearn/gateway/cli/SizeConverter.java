package io.advunlearn.gateway.cli;

import io.advunlearn.pipeline.ImageSize;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code 512x768}. */
final class SizeConverter implements ITypeConverter<ImageSize> {

    @Override
    public ImageSize convert(String value) {
        try {
            return ImageSize.parse(value);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
