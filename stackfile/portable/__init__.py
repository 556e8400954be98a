"""Operations and expressions that every engine back end shares."""
